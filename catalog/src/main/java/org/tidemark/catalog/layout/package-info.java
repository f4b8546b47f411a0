// SPDX-License-Identifier: Apache-2.0
/**
 * The repository's layout: the only place that spells and reads keys. docs/design/repository-format.md, "Keys", says
 * what each of them means.
 */
package org.tidemark.catalog.layout;
