// SPDX-License-Identifier: Apache-2.0
/**
 * What PostgreSQL is told for its recovery: its settings, and WAL that is copied for it. It sees the plan and what is
 * below it.
 */
package org.tidemark.restore.recovery;
