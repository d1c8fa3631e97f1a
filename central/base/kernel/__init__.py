"""Session, errors, audit, outbox, jobs, paging, words: the parts every domain uses."""
