/** What {@code cron} does: the tasks that are due, each on one host. */
@org.jspecify.annotations.NullMarked
package org.tidemark.service.cron;
