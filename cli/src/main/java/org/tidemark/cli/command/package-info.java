// SPDX-License-Identifier: Apache-2.0
/** One class for each command: reads its options, calls one service, prints. */
package org.tidemark.cli.command;
