// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.nio.file.Path;
import org.tidemark.core.WalFile;
import org.tidemark.postgres.ControlFile;

/**
 * A file that PostgreSQL hands over. Immutable.
 *
 * @param file what it must be, by its name
 * @param path where it is
 * @param control what the cluster that it comes from says of itself
 */
public record PushRequest(WalFile file, Path path, ControlFile control) {}
