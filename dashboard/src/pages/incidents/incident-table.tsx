import { getRouteApi, useNavigate } from '@tanstack/react-router';
import type { ReactElement, ReactNode } from 'react';
import type { Incident } from '#core/types.js';
import { DataTable } from '../../parts/data-table.js';
import { useNow } from '../../time/use-now.js';
import { columnsAt } from './columns.js';

const route = getRouteApi('/incidents');

export function IncidentTable({ label, incidents, empty }: { readonly label: string; readonly incidents: readonly Incident[]; readonly empty: ReactNode }): ReactElement {
  const { sort } = route.useSearch();
  const navigate = useNavigate({ from: '/incidents' });
  const now = useNow(10_000);
  return (
    <DataTable
      label={label} columns={columnsAt(now)} rows={incidents} rowKey={(one) => one.id} sort={sort} empty={empty}
      onSort={(next) => void navigate({ search: (old) => ({ ...old, sort: next }), replace: true })}
      onOpen={(one) => void navigate({ to: '/incidents/$id', params: { id: one.id } })}
    />
  );
}
