"""Is a family fit to be admitted? Its laws, what attacks achieve, what guessing earns.

Error rates on real replies are not here: those come from audits.

Doors: `certify`.
"""
