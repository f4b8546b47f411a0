// SPDX-License-Identifier: Apache-2.0
/** Tells from WAL alone what each transaction did to relations: rows, drops, truncations and rewrites. */
package org.tidemark.postgres.wal.change;
