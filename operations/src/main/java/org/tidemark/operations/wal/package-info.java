// SPDX-License-Identifier: Apache-2.0
/** The WAL of a cluster: what is archived of it, and having the current segment archived. */
package org.tidemark.operations.wal;
