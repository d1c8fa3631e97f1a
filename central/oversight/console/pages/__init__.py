"""The routes of the pages, a file for each subject. They ask the domains' queries and services; they decide nothing."""
