// SPDX-License-Identifier: Apache-2.0
/**
 * What every command works with: its context, the options that all take, its log, and what becomes of its failure. It
 * sees output, log and other hosts, and no command.
 */
package org.tidemark.cli.call;
