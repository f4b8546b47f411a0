// SPDX-License-Identifier: Apache-2.0
/**
 * The file transfer protocol, version 3 with OpenSSH's extensions, on the input and output of an ssh process; see
 * {@link org.tidemark.ssh.sftp.Sftp}. It knows files of another host, and neither a store nor PostgreSQL.
 */
package org.tidemark.ssh.sftp;
