// SPDX-License-Identifier: Apache-2.0
/**
 * A cluster of the configuration with its repositories, opened for a command, and what this host knows of its tasks.
 */
package org.tidemark.session;
