// SPDX-License-Identifier: Apache-2.0
/**
 * The file transfer protocol, version 3 with OpenSSH's extensions, on the input and output of an ssh process; see
 * {@link org.tidemark.ssh.sftp.Sftp}. It knows files of another host, and neither a store nor PostgreSQL.
 * {@link org.tidemark.ssh.sftp.SftpFiles} is the side of {@link org.tidemark.core.HostFiles} for another host.
 */
package org.tidemark.ssh.sftp;
