// SPDX-License-Identifier: Apache-2.0
/**
 * The commands of every day: what runs by itself, and how it is. It sees what every command works with, and prints
 * backups, expiry and WAL that arrives as their groups do.
 */
package org.tidemark.cli.command.run;
