// SPDX-License-Identifier: Apache-2.0
/**
 * Real recoveries on every version of PostgreSQL, by the launcher that PostgreSQL runs: the database is never opened
 * with rows missing or with rows of an abandoned timeline, and where PostgreSQL stops it can be started again.
 */
package org.tidemark.acceptance.recovery;
