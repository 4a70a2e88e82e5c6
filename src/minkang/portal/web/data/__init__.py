"""The lake for analysts and for those who govern data: catalogue and SQL workbench."""
