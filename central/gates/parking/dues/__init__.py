"""What is paid, owed, disputed and struck off, and by whom."""
