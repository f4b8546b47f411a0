// SPDX-License-Identifier: Apache-2.0
/**
 * Runs commands and opens subsystems on other hosts through this host's OpenSSH, so its configuration, jump hosts,
 * agents, certificates and hardware keys work here as in a terminal. This package never prompts on a terminal, and
 * never accepts an unknown host key.
 */
package org.tidemark.ssh;
