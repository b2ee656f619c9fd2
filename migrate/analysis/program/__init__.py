"""The files of a project: texts, scopes, names, and what an import means."""
