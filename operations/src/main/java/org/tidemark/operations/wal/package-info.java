// SPDX-License-Identifier: Apache-2.0
/**
 * The WAL of a cluster: what is archived of it, having the current segment archived, receiving it, and deciding between
 * two contents of a segment.
 */
package org.tidemark.operations.wal;
