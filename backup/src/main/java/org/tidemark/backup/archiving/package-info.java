// SPDX-License-Identifier: Apache-2.0
/**
 * Whether the WAL of a backup gets into the archive, and waiting for it or for other work of a backup. It sees what was
 * asked, the server and the repositories.
 */
package org.tidemark.backup.archiving;
