// SPDX-License-Identifier: Apache-2.0
/** What stays and what goes in each repository, by its own policy. */
package org.tidemark.operations.retention;
