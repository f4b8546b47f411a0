// SPDX-License-Identifier: Apache-2.0
/** Receives WAL from a server while it is written, and archives each segment as wal-push does. */
package org.tidemark.archiver.receive;
