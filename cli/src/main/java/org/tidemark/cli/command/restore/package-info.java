// SPDX-License-Identifier: Apache-2.0
/**
 * The commands that make a server out of a backup, and make it primary or standby. It sees what every command works
 * with, and no other group.
 */
package org.tidemark.cli.command.restore;
