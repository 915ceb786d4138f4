-- Visits and work orders are sealed like incidents; what is there already is queued as well.

-- What was known when a line of an order was written: the lift, what opened it, digests of its photos.
ALTER TABLE order_entry ADD COLUMN facts jsonb NOT NULL DEFAULT '{}';

CREATE TRIGGER visit_entry_seal AFTER INSERT ON visit_entry
    FOR EACH ROW EXECUTE FUNCTION queue_for_seal('visit', 'visit_id');
CREATE TRIGGER order_entry_seal AFTER INSERT ON order_entry
    FOR EACH ROW EXECUTE FUNCTION queue_for_seal('order', 'order_id');

INSERT INTO unsealed (kind, subject, n) SELECT 'visit', visit_id, n FROM visit_entry ORDER BY visit_id, n;
INSERT INTO unsealed (kind, subject, n) SELECT 'order', order_id, n FROM order_entry ORDER BY order_id, n;
