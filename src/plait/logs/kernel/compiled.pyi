from plait.logs.kernel.plain import Scanner as Scanner
from plait.logs.kernel.plain import keep_pages as keep_pages
from plait.logs.kernel.plain import running as running
from plait.logs.kernel.plain import weave as weave
