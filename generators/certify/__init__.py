"""Is a family fit to be admitted? Its laws, what attacks achieve, what guessing earns.

Start in `certify`. Error rates on real replies are not here: those come from audits.
"""
