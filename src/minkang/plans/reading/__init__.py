"""Reading a plan: the document as blocks, and from them indicators, commitments, tasks and projects."""
