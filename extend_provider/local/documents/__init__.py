"""What is in a document: text by page, line and place, form values and tables. Bytes in; no network, no model."""
