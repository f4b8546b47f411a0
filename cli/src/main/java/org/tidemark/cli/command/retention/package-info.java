// SPDX-License-Identifier: Apache-2.0
/**
 * The commands that remove backups, and tell what would be removed. It sees what every command works with, and no other
 * group.
 */
package org.tidemark.cli.command.retention;
