"""From the broker to the time series: messages in, rows and findings out."""
