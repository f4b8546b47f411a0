// SPDX-License-Identifier: Apache-2.0
/**
 * The commands of a beginning: set up, look, change the configuration. It sees what every command works with, and the
 * demo; no other group.
 */
package org.tidemark.cli.command.start;
