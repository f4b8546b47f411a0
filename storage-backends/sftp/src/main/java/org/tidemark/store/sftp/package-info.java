// SPDX-License-Identifier: Apache-2.0
/**
 * The store in a directory of an SFTP server, {@code sftp://user@host:port/dir}. An object is a file; a hard link gives
 * the complete and synced file its name. OpenSSH makes the connection; this package implements the file transfer
 * protocol on the input and output of an ssh process.
 */
package org.tidemark.store.sftp;
