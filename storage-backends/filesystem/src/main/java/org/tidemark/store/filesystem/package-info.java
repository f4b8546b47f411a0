// SPDX-License-Identifier: Apache-2.0
/**
 * The store in a local directory, {@code file:///dir}. An object is a file; a hard link gives the complete and synced
 * file its name. The store uses plain java.nio and no classes that load slowly, because it runs in the cold JVM of an
 * archive_command.
 */
package org.tidemark.store.filesystem;
