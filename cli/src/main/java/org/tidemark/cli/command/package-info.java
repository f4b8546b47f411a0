// SPDX-License-Identifier: Apache-2.0
/** The list of all commands, and those that are about the others: help and diagnose. It sees every group. */
package org.tidemark.cli.command;
