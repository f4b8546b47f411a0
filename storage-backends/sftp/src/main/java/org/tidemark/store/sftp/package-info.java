// SPDX-License-Identifier: Apache-2.0
/**
 * The store behind SSH, {@code sftp://user@host:port/dir}: an object is a file that appears by a hard link, whole and
 * synced. SSH itself is OpenSSH's; the file transfer protocol is spoken here, on the input and output of an ssh.
 */
package org.tidemark.store.sftp;
