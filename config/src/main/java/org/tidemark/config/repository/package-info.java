// SPDX-License-Identifier: Apache-2.0
/** Opens the repositories of a configuration. */
package org.tidemark.config.repository;
