// SPDX-License-Identifier: Apache-2.0
/** Reads the records of WAL segments. */
package org.tidemark.postgres.wal;
