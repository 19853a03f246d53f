-- Revenue by product, of the orders as they are now: deleted and cancelled ones do not count.
WITH changes AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY order_id ORDER BY CAST(sequence_number AS decimal(38, 0)) DESC) AS age
    FROM orders
)
SELECT
    product,
    count(*) AS orders,
    sum(quantity) AS units,
    sum(CAST(total AS decimal(18, 2))) AS revenue
FROM changes
WHERE age = 1 AND event_name <> 'REMOVE' AND status <> 'CANCELLED'
GROUP BY product
ORDER BY revenue DESC, product
