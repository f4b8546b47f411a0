// SPDX-License-Identifier: Apache-2.0
/**
 * WAL in a repository: segments, partial segments, timeline histories and pieces of the open segment are put, opened
 * and listed here, with the notes of WAL that was removed or dropped on purpose.
 */
package org.tidemark.catalog.wal;
