"""What is in a foreign file? Its rows, whatever it is written and packed in, and its values as they were written.

No layout's columns (exchange). Memory is flat: rows are read one by one.

Doors: `opened`, `json_values` and `tables` for files, `values` and `chat` for cells.
"""
