"""The pipe, not the pump: the types that flow, where they are kept, and what comes next.

This package runs no stage and imports no sibling. Its law: everything here is usable and testable
without a model, a GPU or a flow engine.
"""
