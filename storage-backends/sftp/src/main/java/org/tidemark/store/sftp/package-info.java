// SPDX-License-Identifier: Apache-2.0
/**
 * The store in a directory of an SFTP server, {@code sftp://user@host:port/dir}. An object is a file; a hard link gives
 * the complete and synced file its name. OpenSSH makes the connection, and {@code org.tidemark.ssh.sftp} speaks the
 * file transfer protocol.
 */
package org.tidemark.store.sftp;
