// SPDX-License-Identifier: Apache-2.0
/**
 * What the server says before and after a backup, and what must be in the backup therefore. It sees what was asked, the
 * configuration, and the sources of files.
 */
package org.tidemark.backup.server;
