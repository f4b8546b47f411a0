// SPDX-License-Identifier: Apache-2.0
/**
 * The store in a local directory, {@code file:///dir}: an object is a file that appears by a hard link, whole and
 * synced. Plain java.nio and nothing that is slow to load, since it runs in the cold JVM of an archive_command.
 */
package org.tidemark.store.filesystem;
