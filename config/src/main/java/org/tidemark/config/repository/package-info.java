// SPDX-License-Identifier: Apache-2.0
/** From what the configuration says of a repository to the repository itself. */
package org.tidemark.config.repository;
