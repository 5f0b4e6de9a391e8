"""Problem families: each makes instances, proves their answers and judges replies.

Not here: models, filters, storage. Its law: `import generators` pulls neither torch nor sympy.
"""
