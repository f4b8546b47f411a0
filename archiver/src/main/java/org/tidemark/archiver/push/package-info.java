// SPDX-License-Identifier: Apache-2.0
/**
 * WAL push: what archive_command runs. One file goes into several repositories, or into the queue of those that lag.
 */
package org.tidemark.archiver.push;
