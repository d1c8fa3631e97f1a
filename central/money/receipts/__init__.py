"""Receipts of payments, their counter-receipts, and requests for an e-invoice. A payment is receipted, not a stay."""
