// SPDX-License-Identifier: Apache-2.0
/**
 * The commands that look for damage in backups and in WAL, and for what was done to them. It sees what every command
 * works with, and no other group.
 */
package org.tidemark.cli.command.verify;
