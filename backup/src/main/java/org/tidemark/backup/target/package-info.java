// SPDX-License-Identifier: Apache-2.0
/**
 * The repositories that receive a backup: the archive that is registered in each, the id that is claimed there, and
 * what earlier attempts left. It sees what was asked, and the server.
 */
package org.tidemark.backup.target;
