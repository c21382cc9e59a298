"""The analysis behind the book: pure functions from bundled data to tables, figures and findings."""

import sys

# jsonschema, which Altair loads, spends a second on a grammar of internationalised web
# addresses wherever it finds this package; nothing in the book checks such addresses.
sys.modules.setdefault("rfc3987_syntax", None)
