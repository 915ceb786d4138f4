"""Set-up of a machine for Liftline, with nothing but Python's standard library: it runs before anything is installed.

Everything goes into one cache folder and into the checkout; the system itself is changed only for browser tests
(`browser`), by root, through apt.
"""
