// SPDX-License-Identifier: Apache-2.0
/**
 * Searching archived WAL: which segments, newest first, what found changes mean for a restore, and the moments around
 * them. What a transaction did is decided in {@code org.tidemark.postgres.wal.change}.
 */
package org.tidemark.walsearch;
